from celery import shared_task

from calls import services


@shared_task(name="calls.close_abandoned", soft_time_limit=50, time_limit=60)
def close_abandoned() -> int:
    """Every 20 s: calls whose worker died become dropped calls with a ticket."""
    return services.close_abandoned()
