{# A row is a member, or everyone, whose points do not equal the sum of the ledger. #}
with

ledger as (
    select
        customer_id,
        sum(points) as points
    from {{ ref('fct_points_ledger') }}
    group by customer_id
),

accounts as (
    select
        customer_id,
        points_balance - points_owed as points
    from {{ ref('fct_loyalty_accounts') }}
),

liability as (
    select
        points_outstanding,
        row_number() over (order by period_start desc) as month_rank
    from {{ ref('rpt_points_liability') }}
)

select
    coalesce(ledger.customer_id, accounts.customer_id) as customer_id,
    ledger.points as ledger_points,
    accounts.points as account_points
from ledger
full outer join accounts on ledger.customer_id = accounts.customer_id
where ledger.points is null or accounts.points is null or ledger.points <> accounts.points

union all

select
    'everyone' as customer_id,
    sum(accounts.points) as ledger_points,
    max(liability.points_outstanding) as account_points
from accounts
cross join liability
where liability.month_rank = 1
having sum(accounts.points) <> max(liability.points_outstanding)
