"""What each path does. An endpoint reads a request, calls one method of a service and writes the answer."""
