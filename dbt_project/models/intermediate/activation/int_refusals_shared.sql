{{ shared_refusals(ref('int_consents_gathered')) }}
