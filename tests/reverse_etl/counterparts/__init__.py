"""What stands behind each registered destination in the contract suite: one file each.

A destination that goes to several kinds of places has a counterpart for each, named after it.
"""

from tests.reverse_etl.counterparts.base import THEIRS, Counterpart, Held
from tests.reverse_etl.counterparts.braze import braze
from tests.reverse_etl.counterparts.customerio import customerio
from tests.reverse_etl.counterparts.email import email
from tests.reverse_etl.counterparts.file import file, file_in_s3, file_over_sftp
from tests.reverse_etl.counterparts.hubspot import hubspot
from tests.reverse_etl.counterparts.iterable import iterable
from tests.reverse_etl.counterparts.klaviyo import klaviyo
from tests.reverse_etl.counterparts.mailchimp import mailchimp
from tests.reverse_etl.counterparts.meta import meta
from tests.reverse_etl.counterparts.sendgrid import sendgrid
from tests.reverse_etl.counterparts.trytond import trytond
from tests.reverse_etl.counterparts.webhook import webhook, webhook_events

COUNTERPARTS = {
    one.__name__: one
    for one in (
        file,
        file_in_s3,
        file_over_sftp,
        email,
        webhook,
        webhook_events,
        klaviyo,
        customerio,
        braze,
        sendgrid,
        hubspot,
        iterable,
        meta,
        mailchimp,
        trytond,
    )
}

__all__ = ["COUNTERPARTS", "THEIRS", "Counterpart", "Held"]
