"""The process in which one file is cleaned."""

from portal.exchange.attachments.apart import work

work()
