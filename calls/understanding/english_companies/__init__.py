"""Which company an English caller works for: names, what was heard of them, and what decides between them."""
