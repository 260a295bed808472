{{ gathered_consents(ref('stg_shop__consents'), ref('stg_shop__message_events')) }}
