{{ decided_consents(ref('int_consents_gathered'), ref('int_refusals_shared')) }}
