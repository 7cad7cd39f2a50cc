"""What an arm was commanded and what it did, checked against its limits."""
