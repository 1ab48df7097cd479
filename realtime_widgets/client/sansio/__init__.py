"""The client's logic, sans-I/O: it is told what happened and when, and returns what is to be done."""
