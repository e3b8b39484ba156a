"""What becomes of a document: where it is cut, which slice is next, how a picture is encoded. No browser in here."""
