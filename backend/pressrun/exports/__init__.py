"""images | html | pdf | zip, one file each."""
