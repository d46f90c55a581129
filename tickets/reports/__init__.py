"""The week's report: `figures` counts, `pdf` and `templates/mail/` show, `letters` sends it once."""
