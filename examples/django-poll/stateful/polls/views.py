"""Showing polls and voting."""

from collections import Counter

from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View
from django.views.decorators.http import require_POST

from polls.models import Choice, Poll

votes_cast = Counter()


def show(request, pk):
    """The poll and its votes. The answer is cached, and a vote clears the cache of the process that took it."""
    answer = cache.get(f"poll-{pk}")
    if answer is None:
        poll = get_object_or_404(Poll, pk=pk)
        choices = [{"text": choice.text, "votes": choice.votes} for choice in poll.choices.order_by("pk")]
        answer = {"question": poll.question, "choices": choices, "picture": bool(poll.picture)}
        cache.set(f"poll-{pk}", answer, 60)
    return JsonResponse(answer)


class VoteView(View):
    """One vote a session and poll."""

    def post(self, request, pk):
        if pk in request.session.get("voted", []):
            return HttpResponse(status=409)
        choice = get_object_or_404(Choice, poll_id=pk, text=request.POST["choice"])
        choice.votes += 1
        choice.save()
        request.session["voted"] = [*request.session.get("voted", []), pk]
        votes_cast[pk] += 1
        cache.delete(f"poll-{pk}")
        return JsonResponse({"votes": choice.votes})


@require_POST
def upload_picture(request, pk):
    poll = get_object_or_404(Poll, pk=pk)
    poll.picture.save(request.FILES["picture"].name, request.FILES["picture"])
    cache.delete(f"poll-{pk}")
    return HttpResponse(status=204)


def stats(request):
    return JsonResponse({"votes": sum(votes_cast.values())})
