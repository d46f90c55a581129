import os

# Before numpy is imported: its small matrices (dictated addresses, what was learnt) gain nothing from OpenBLAS's
# threads, which wait for each other, busy, while the other cores have calls to carry.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from voicebot_site.celery import app as celery_app

__all__ = ["celery_app"]
