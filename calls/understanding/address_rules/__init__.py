"""What the rules make of dictated e-mail addresses."""
