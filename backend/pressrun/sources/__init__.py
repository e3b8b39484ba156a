"""text | html -> a document, one file each."""
