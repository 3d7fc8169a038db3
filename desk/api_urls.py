"""Addresses of the API for devices, relays and champions' programs; the OpenAPI document tells of these alone."""

from __future__ import annotations

from django.urls import path, re_path

from desk import api, champion_api, quarantine_api, relay_api
from desk.collecting import requests_api
from desk.uploads import parts, resumable

urlpatterns = [
    path("api/v1/health", api.HealthView.as_view()),
    path("api/v1/enroll", api.EnrolView.as_view()),
    path("api/v1/me", requests_api.MeView.as_view()),
    path("api/v1/me/credential", requests_api.CredentialView.as_view()),
    path("api/v1/requests", requests_api.RequestsView.as_view()),
    path("api/v1/requests/<str:request_id>/state", requests_api.StateView.as_view()),
    path("api/v1/tickets", api.TicketsView.as_view()),
    path("api/v1/tickets/<str:number>", api.TicketView.as_view()),
    path("api/v1/tickets/<str:number>/bundles/<str:bundle_id>", api.BundleView.as_view()),
    path("api/v1/tickets/<str:number>/bundles/<str:bundle_id>/parts", parts.PartsView.as_view()),
    path("api/v1/tickets/<str:number>/uploads", resumable.UploadsView.as_view()),
    path("api/v1/tickets/<str:number>/uploads/<str:upload_id>", resumable.UploadView.as_view()),
    path("api/v1/quarantine/<str:bundle_id>", quarantine_api.QuarantineView.as_view()),
    path("api/v1/relay/work", relay_api.WorkView.as_view()),
    path("api/v1/relay/tickets/<str:number>", relay_api.RelayTicketView.as_view()),
    path("api/v1/relay/bundles/<str:bundle_id>", relay_api.RelayBundleView.as_view()),
    path("api/v1/champion/requests", champion_api.ChampionRequestsView.as_view()),
    path("api/v1/champion/requests/<str:request_id>", champion_api.ChampionRequestView.as_view()),
    path("api/v1/champion/requests/<str:request_id>/cancel", champion_api.ChampionCancelView.as_view()),
    path("api/v1/openapi.json", api.DescriptionView.as_view()),
    re_path(r"^api/", api.NothingHere.as_view()),
]
