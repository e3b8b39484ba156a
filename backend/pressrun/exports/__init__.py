"""What is made of a document and its slides: a module for each, named by its row of export_kinds.py."""
