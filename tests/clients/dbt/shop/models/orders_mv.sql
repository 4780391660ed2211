{{ config(materialized='materialized_view', auto_refresh=false, dist='even') }}
select customer_id, count(*) as n, sum(amount) as total from {{ ref('raw_orders') }} group by customer_id
