{# Intervals for shares and scores, as expressions. Arguments are written out several times: pass columns or literals; `z` is the
   normal quantile of the interval's level. #}

{# Wilson (1927): the share from which the observed one is z standard errors away, below or above. Null without trials. #}
{% macro wilson_low(successes, trials, z) -%}
({{ ratio('cast(' ~ successes ~ ' as ' ~ t_double() ~ ') * ' ~ successes, trials) }}
/ ({{ successes }} + 0.5e0 * {{ z }} * {{ z }}
+ {{ z }} * sqrt({{ ratio('cast(' ~ successes ~ ' as ' ~ t_double() ~ ') * (' ~ trials ~ ' - ' ~ successes ~ ')', trials) }}
+ 0.25e0 * {{ z }} * {{ z }})))
{%- endmacro %}

{% macro wilson_high(successes, trials, z) -%}
(1e0 - {{ wilson_low('(' ~ trials ~ ' - ' ~ successes ~ ')', trials, z) }})
{%- endmacro %}

{# Newcombe (1998, Statistics in Medicine 17, 873-890, method 10): the difference `share - other_share` of two independent shares, from
   the ends of their Wilson intervals. #}
{% macro newcombe_low(share, share_low, other_share, other_share_high) -%}
({{ share }} - {{ other_share }} - {{ newcombe_reach(share, share_low, other_share, other_share_high) }})
{%- endmacro %}

{% macro newcombe_high(share, share_high, other_share, other_share_low) -%}
({{ share }} - {{ other_share }} + {{ newcombe_reach(share, share_high, other_share, other_share_low) }})
{%- endmacro %}

{# How far an end of that interval is from the difference. #}
{% macro newcombe_reach(share, share_end, other_share, other_share_end) -%}
sqrt(({{ share }} - {{ share_end }}) * ({{ share }} - {{ share_end }})
+ ({{ other_share }} - {{ other_share_end }}) * ({{ other_share }} - {{ other_share_end }}))
{%- endmacro %}

{# Adjusted Wald for a net promoter score of -100 to 100: as if 3/4 promoters, 3/2 passives and 3/4 detractors more had answered, as Agresti
   & Coull (1998) add to a share; not beyond the scale. #}
{% macro nps_low(promoters, detractors, responses, z) -%}
{%- set bound = nps_bound(promoters, detractors, responses, '- ' ~ z) -%}
(case when {{ bound }} < -100e0 then -100e0 else {{ bound }} end)
{%- endmacro %}

{% macro nps_high(promoters, detractors, responses, z) -%}
{%- set bound = nps_bound(promoters, detractors, responses, '+ ' ~ z) -%}
(case when {{ bound }} > 100e0 then 100e0 else {{ bound }} end)
{%- endmacro %}

{% macro nps_bound(promoters, detractors, responses, signed_z) -%}
{%- set centre = '((' ~ promoters ~ ' - ' ~ detractors ~ ') / (' ~ responses ~ ' + 3e0))' -%}
{%- set spread = '((' ~ promoters ~ ' + ' ~ detractors ~ ' + 1.5e0) / (' ~ responses ~ ' + 3e0))' -%}
(100e0 * ({{ centre }} {{ signed_z }} * sqrt(({{ spread }} - {{ centre }} * {{ centre }}) / ({{ responses }} + 3e0))))
{%- endmacro %}
