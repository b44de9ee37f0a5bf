"""The pages of the site."""

from django.urls import path

from polls import views

urlpatterns = [
    path("polls/<int:pk>/", views.show),
    path("polls/<int:pk>/vote/", views.VoteView.as_view()),
    path("polls/<int:pk>/picture/", views.upload_picture),
    path("stats/", views.stats),
]
