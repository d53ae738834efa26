"""The product's name and version, for the package, the command line and every file that says what made it."""

PRODUCT = "Semblance"
__version__ = "0.1.0"
