"""Files made to break the program, and what it must do with each."""
