"""What every resource of the API has in common; the resources are in each app's `api.py`."""
