"""Sunshine Portal (阳光权力公开平台)."""
