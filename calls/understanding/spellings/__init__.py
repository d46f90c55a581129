"""Last names that are spelled: letters, and what is told of them."""
