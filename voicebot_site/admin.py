"""The one admin site: companies and platform staff share its screens."""

from unfold.sites import UnfoldAdminSite


class VoicebotAdminSite(UnfoldAdminSite):
    pass
