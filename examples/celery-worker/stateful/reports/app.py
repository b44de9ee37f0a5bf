"""The Celery application. Messages never leave this process."""

from celery import Celery

app = Celery("reports", broker="memory://", include=["reports.tasks"])
