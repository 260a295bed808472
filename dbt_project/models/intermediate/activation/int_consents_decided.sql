{{ decided_consents(ref('int_consents_gathered')) }}
