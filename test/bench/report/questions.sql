-- name of a view of oms_report | what is asked of it, if not all of it
-- sales
sales
sales_by_channel
sales_by_region | SELECT * FROM oms_report.sales_by_region WHERE day > current_date - 365
sales_by_segment
sales_by_location
sales_by_sku_day | SELECT * FROM oms_report.sales_by_sku_day WHERE day >= current_date - 30
sales_by_sku_day | SELECT * FROM oms_report.sales_by_sku_day WHERE sku = 'S100'
sales_by_sku_week | SELECT * FROM oms_report.sales_by_sku_week WHERE week >= current_date - 30
sales_by_sku_month | SELECT * FROM oms_report.sales_by_sku_month WHERE month >= date_trunc('month', now() - interval '3 months')::date
sales_by_product_day | SELECT * FROM oms_report.sales_by_product_day WHERE day >= current_date - 30
sales_by_product_week | SELECT * FROM oms_report.sales_by_product_week WHERE week >= current_date - 90
sales_by_product_month
sales_by_category_day | SELECT * FROM oms_report.sales_by_category_day WHERE day >= current_date - 90
sales_by_category_week | SELECT * FROM oms_report.sales_by_category_week WHERE week >= current_date - 90
sales_by_category_month
best_sellers
best_sellers_by_channel | SELECT * FROM oms_report.best_sellers_by_channel WHERE month = date_trunc('month', now() - interval '1 month')::date
best_sellers_by_region | SELECT * FROM oms_report.best_sellers_by_region WHERE month = date_trunc('month', now() - interval '1 month')::date
worst_sellers
-- fulfillment
orders_by_status
open_orders
open_holds
open_fulfillments
backorders
fulfillment_times | SELECT * FROM oms_report.fulfillment_times WHERE grain = 'month' AND dimension = 'location'
fulfillment_times | SELECT * FROM oms_report.fulfillment_times WHERE grain = 'day' AND dimension = 'channel'
on_time | SELECT * FROM oms_report.on_time WHERE promise = 'shipping' AND grain = 'day' AND dimension = 'channel'
on_time | SELECT * FROM oms_report.on_time WHERE promise = 'delivery' AND grain = 'month' AND dimension = 'location'
carrier_performance
split_rate
cancellations
rejections
-- returns
returns_by_day
return_rates | SELECT * FROM oms_report.return_rates WHERE dimension = 'all'
return_rates | SELECT * FROM oms_report.return_rates WHERE dimension = 'sku'
return_rates | SELECT * FROM oms_report.return_rates WHERE dimension = 'category'
return_rates | SELECT * FROM oms_report.return_rates WHERE dimension = 'customer'
return_trend | SELECT * FROM oms_report.return_trend WHERE dimension = 'category'
worst_skus
return_reasons | SELECT * FROM oms_report.return_reasons WHERE dimension = 'sku'
return_dispositions
delivered_units | SELECT * FROM oms_report.delivered_units WHERE delivered_on >= current_date - 30
delivered_units_by | SELECT * FROM oms_report.delivered_units_by WHERE dimension = 'channel' AND delivered_on >= current_date - 30
returned_units
returned_units_by | SELECT * FROM oms_report.returned_units_by WHERE dimension = 'category'
-- money
trial_balance
tax_by_jurisdiction
gross_margin
journal | SELECT * FROM oms_report.journal WHERE posted_at >= now() - interval '5 days'
receivables
customer_receivables
open_invoices
receivables_ageing
payables
reconciliation
settlement_mismatches
-- planning
alerts
forecast_accuracy
supplier_scorecard
-- customers and profit
customers
customer_value
customers_by_orders
customer_rfm
rfm_segments
cohorts
new_and_returning_customers
repeat_purchases
profit_by_channel
profit_by_sku_month | SELECT * FROM oms_report.profit_by_sku_month WHERE month = date_trunc('month', now() - interval '1 month')::date
order_profit | SELECT * FROM oms_report.order_profit WHERE day >= current_date - 7
-- stock
stock_on_hand | SELECT * FROM oms_report.stock_on_hand WHERE location = 'L7'
stock_on_hand | SELECT * FROM oms_report.stock_on_hand WHERE sku = 'S100'
stock_by_sku
stock_by_location
stock_by_category
stock_monthly | SELECT * FROM oms_report.stock_monthly WHERE sku = 'S100'
stock_monthly | SELECT * FROM oms_report.stock_monthly WHERE month = date_trunc('month', now() - interval '1 month')::date AND location = 'L7'
stock_trend | SELECT * FROM oms_report.stock_trend WHERE dimension = 'category'
stock_trend | SELECT * FROM oms_report.stock_trend WHERE dimension = 'location'
stock_turnover | SELECT * FROM oms_report.stock_turnover WHERE dimension = 'category'
stock_turnover | SELECT * FROM oms_report.stock_turnover WHERE dimension = 'sku'
sell_through | SELECT * FROM oms_report.sell_through WHERE dimension = 'category'
stock_ageing | SELECT age_class, sum(quantity), sum(value) FROM oms_report.stock_ageing GROUP BY 1
days_of_cover | SELECT * FROM oms_report.days_of_cover WHERE location = 'L7'
abc_xyz
abc_xyz_matrix
dead_stock
stockouts
stockout_rates
lost_sales
forecast_vs_actual | SELECT * FROM oms_report.forecast_vs_actual WHERE sku = 'S100'
forecast_days | SELECT * FROM oms_report.forecast_days WHERE sku = 'S100'
inventory_value
