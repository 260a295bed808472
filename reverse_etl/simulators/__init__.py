"""Stand-ins for destinations on loopback: they keep what they are told, hold to limits, and fail when asked to."""

from reverse_etl.simulators.base import Simulator
from reverse_etl.simulators.braze import BrazeSimulator
from reverse_etl.simulators.customerio import CustomerioSimulator
from reverse_etl.simulators.email import EmailSimulator
from reverse_etl.simulators.hubspot import HubspotSimulator
from reverse_etl.simulators.iterable import IterableSimulator
from reverse_etl.simulators.klaviyo import KlaviyoSimulator
from reverse_etl.simulators.mailchimp import MailchimpSimulator
from reverse_etl.simulators.meta import MetaSimulator
from reverse_etl.simulators.sendgrid import SendGridSimulator
from reverse_etl.simulators.trytond import TrytondSimulator
from reverse_etl.simulators.webhook import WebhookSimulator

SIMULATORS: dict[str, type[Simulator]] = {
    "braze": BrazeSimulator,
    "customerio": CustomerioSimulator,
    "email": EmailSimulator,
    "hubspot": HubspotSimulator,
    "iterable": IterableSimulator,
    "klaviyo": KlaviyoSimulator,
    "mailchimp": MailchimpSimulator,
    "meta": MetaSimulator,
    "sendgrid": SendGridSimulator,
    "trytond": TrytondSimulator,
    "webhook": WebhookSimulator,
}
