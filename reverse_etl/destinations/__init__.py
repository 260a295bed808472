"""The registry: every destination is named here, and nowhere found by magic."""

from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.braze import BrazeDestination
from reverse_etl.destinations.customerio import CustomerioDestination
from reverse_etl.destinations.email import EmailDestination
from reverse_etl.destinations.file import FileDestination
from reverse_etl.destinations.hubspot import HubspotDestination
from reverse_etl.destinations.iterable import IterableDestination
from reverse_etl.destinations.klaviyo import KlaviyoDestination
from reverse_etl.destinations.mailchimp import MailchimpDestination
from reverse_etl.destinations.meta import MetaDestination
from reverse_etl.destinations.sendgrid import SendGridDestination
from reverse_etl.destinations.trytond import TrytondDestination
from reverse_etl.destinations.webhook import WebhookDestination

REGISTRY: dict[str, type[Destination]] = {
    destination.name: destination
    for destination in (
        FileDestination,
        EmailDestination,
        WebhookDestination,
        KlaviyoDestination,
        CustomerioDestination,
        BrazeDestination,
        SendGridDestination,
        HubspotDestination,
        IterableDestination,
        MetaDestination,
        MailchimpDestination,
        TrytondDestination,
    )
}
