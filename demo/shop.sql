/* demo/shop.sql: Larkspur Outfitters: what it sells, where it stands, what it has */
SET oms.now = '2026-10-01 00:00-05';

SELECT oms.put_tax_rate(jsonb_build_object('country', 'US', 'region', state, 'rate', rate)) FROM demo.taxes;

INSERT INTO oms.postcodes (country, postcode, place, region, point)
    SELECT 'US', postcode, city, state, ST_MakePoint(lon, lat) FROM demo.places;

SELECT oms.put_shipping_service('{"code": "standard", "carrier": "groundhog", "name": "Standard", "currency": "USD", "rates": [
    {"country": "US", "max_distance_km": 400, "price": "4.50", "per_kg": "0.40", "transit_days": 1},
    {"country": "US", "max_distance_km": 1200, "price": "5.90", "per_kg": "0.60", "transit_days": 2},
    {"country": "US", "max_distance_km": 2400, "price": "6.90", "per_kg": "0.80", "transit_days": 3},
    {"country": "US", "price": "7.90", "per_kg": "1.10", "transit_days": 5}]}'),
       oms.put_shipping_service('{"code": "express", "carrier": "kestrel", "name": "Express", "currency": "USD", "rates": [
    {"country": "US", "max_distance_km": 800, "price": "12.90", "per_kg": "1.80", "transit_days": 1},
    {"country": "US", "price": "17.90", "per_kg": "2.90", "transit_days": 2}]}'),
       oms.put_shipping_service('{"code": "collect", "name": "Collect in store", "currency": "USD", "kind": "pickup",
    "rates": [{"price": "0", "transit_days": 0}]}');

-- eight warehouses where the parcel networks meet, and a store in each of the big cities
CREATE TABLE demo.sites AS
    SELECT 'DC-' || upper(left(replace(w.city, ' ', ''), 4)) AS code, 'warehouse' AS kind, p.*
    FROM (VALUES ('Allentown', 'PA'), ('Atlanta', 'GA'), ('Columbus', 'OH'), ('Dallas', 'TX'), ('Denver', 'CO'),
                 ('Kent', 'WA'), ('Lakeland', 'FL'), ('Ontario', 'CA')) AS w(city, state)
    CROSS JOIN LATERAL (SELECT * FROM demo.places p WHERE (p.city, p.state) = (w.city, w.state)
                        ORDER BY p.people DESC LIMIT 1) AS p
    UNION ALL
    SELECT 'ST-' || lpad(c.rank::text, 2, '0'), 'store', p.*
    FROM demo.cities c
    JOIN demo.places p USING (postcode)
    WHERE c.rank <= 36;

SELECT oms.put_location(jsonb_build_object(
           'code', code, 'name', initcap(kind) || ' ' || city, 'kind', kind, 'country', 'US', 'region', state,
           'postcode', postcode, 'city', city, 'lat', lat, 'lon', lon, 'pickup', kind = 'store',
           'takes_returns', true,
           'cutoff', CASE kind WHEN 'store' THEN '13:00' ELSE '15:00' END,
           'time_zone', CASE WHEN lon > -86 THEN 'America/New_York' WHEN lon > -102 THEN 'America/Chicago'
                             WHEN lon > -114 THEN 'America/Denver' ELSE 'America/Los_Angeles' END))
FROM demo.sites;

SELECT oms.put_return_reason(r)
FROM unnest(ARRAY['{"code": "too_small"}', '{"code": "too_large"}', '{"code": "changed_mind"}', '{"code": "not_as_described", "fault": "seller"}',
                  '{"code": "damaged", "fault": "carrier", "refunds_shipping": true}']::jsonb[]) AS r;

-- days are those of the office
INSERT INTO oms.settings (name, value) VALUES ('time_zone', 'America/Chicago');

SELECT oms.put_channel('{"code": "web", "name": "Web shop", "kind": "web", "currency": "USD"}'),
       oms.put_channel('{"code": "phone", "name": "Catalog and phone", "kind": "phone", "currency": "USD"}'),
       oms.put_channel(jsonb_build_object('code', 'marketplace', 'name', 'Marketplace', 'kind', 'marketplace',
           'currency', 'USD', 'fee_rate', 0.12,
           'locations', (SELECT jsonb_agg(code) FROM demo.sites WHERE kind = 'warehouse')));

-- products; each comes in all its colours and sizes
CREATE TEMPORARY TABLE products (code text, name text, category text, price numeric, weight_g integer, colours text[], sizes text[]);
INSERT INTO products VALUES
    ('TEE', 'Merino tee', 'apparel.shirts', 58, 160, '{Ash,Moss,Navy}', '{XS,S,M,L,XL,XXL}'),
    ('OXF', 'Oxford shirt', 'apparel.shirts', 74, 260, '{White,Sky}', '{XS,S,M,L,XL,XXL}'),
    ('FLN', 'Flannel shirt', 'apparel.shirts', 68, 340, '{Rust,Pine}', '{XS,S,M,L,XL,XXL}'),
    ('SWT', 'Wool sweater', 'apparel.knits', 118, 520, '{Oat,Navy,Rust}', '{XS,S,M,L,XL,XXL}'),
    ('CRD', 'Cardigan', 'apparel.knits', 128, 560, '{Oat,Moss}', '{S,M,L}'),
    ('CHN', 'Canvas chino', 'apparel.trousers', 84, 480, '{Khaki,Navy}', '{30,32,34,36}'),
    ('TRK', 'Trekking trousers', 'apparel.trousers', 98, 390, '{Slate,Moss}', '{XS,S,M,L,XL,XXL}'),
    ('RNJ', 'Rain jacket', 'apparel.outerwear', 168, 430, '{Navy,Ochre,Pine}', '{XS,S,M,L,XL,XXL}'),
    ('DWN', 'Down parka', 'apparel.outerwear', 298, 980, '{Black,Pine}', '{XS,S,M,L,XL,XXL}'),
    ('VST', 'Quilted vest', 'apparel.outerwear', 112, 310, '{Slate,Rust}', '{S,M,L}'),
    ('SCK', 'Hiking socks', 'apparel.accessories', 19, 90, '{Ash,Moss,Navy}', '{S,M,L}'),
    ('CAP', 'Waxed cap', 'apparel.accessories', 34, 120, '{Khaki,Black}', '{One}'),
    ('GLV', 'Leather gloves', 'apparel.accessories', 62, 140, '{Tan,Black}', '{S,M,L}'),
    ('BOT', 'Hiking boot', 'footwear.boots', 189, 1350, '{Brown,Black}', '{7,8,9,10,11,12}'),
    ('TRL', 'Trail runner', 'footwear.shoes', 129, 720, '{Slate,Ochre}', '{7,8,9,10,11,12}'),
    ('MOC', 'Camp moccasin', 'footwear.shoes', 88, 610, '{Tan}', '{7,8,9,10,11}'),
    ('TN2', 'Two-person tent', 'camping.tents', 279, 2400, '{Moss,Ochre}', '{One}'),
    ('TN4', 'Family tent', 'camping.tents', 449, 6900, '{Moss}', '{One}'),
    ('SLP', 'Sleeping bag', 'camping.sleeping', 159, 1300, '{Navy,Rust}', '{Regular,Long}'),
    ('MAT', 'Sleeping mat', 'camping.sleeping', 79, 640, '{Slate}', '{Regular,Wide}'),
    ('PLW', 'Camp pillow', 'camping.sleeping', 29, 180, '{Slate,Moss}', '{One}'),
    ('STV', 'Gas stove', 'camping.kitchen', 64, 410, '{Steel}', '{One}'),
    ('POT', 'Titanium pot', 'camping.kitchen', 72, 190, '{Steel}', '{750 ml,1300 ml}'),
    ('MUG', 'Enamel mug', 'camping.kitchen', 16, 150, '{White,Navy,Pine}', '{One}'),
    ('BTL', 'Insulated bottle', 'camping.kitchen', 36, 380, '{Steel,Navy,Rust,Pine}', '{500 ml,1 l}'),
    ('CLR', 'Cooler box', 'camping.kitchen', 139, 5200, '{White,Moss}', '{One}'),
    ('LMP', 'Headlamp', 'camping.light', 49, 90, '{Black,Ochre}', '{One}'),
    ('LNT', 'Lantern', 'camping.light', 59, 460, '{Black}', '{One}'),
    ('BPK', 'Backpack', 'packs', 148, 1100, '{Slate,Moss,Ochre}', '{24 l,38 l,55 l}'),
    ('DFL', 'Duffel', 'packs', 119, 1250, '{Navy,Rust}', '{40 l,70 l}'),
    ('TOT', 'Canvas tote', 'packs', 42, 420, '{Natural,Navy}', '{One}'),
    ('CHR', 'Camp chair', 'home.outdoor', 94, 3600, '{Moss,Rust}', '{One}'),
    ('BLK', 'Wool blanket', 'home.textiles', 134, 1700, '{Ash,Navy,Rust}', '{One}'),
    ('TWL', 'Linen towel', 'home.textiles', 32, 260, '{Natural,Sky,Moss}', '{Hand,Bath}'),
    ('CND', 'Cedar candle', 'home.accents', 28, 380, '{Natural}', '{One}'),
    ('KNF', 'Folding knife', 'tools', 68, 110, '{Walnut,Black}', '{One}'),
    ('AXE', 'Hatchet', 'tools', 86, 950, '{Hickory}', '{One}'),
    ('MAP', 'Trail map', 'tools', 14, 80, '{East,West,Rockies}', '{One}');

CREATE TABLE demo.goods AS
    SELECT p.code AS product, p.category, p.price, p.weight_g,
           p.code || '-' || upper(left(colour, 3)) || CASE size WHEN 'One' THEN '' ELSE '-' || upper(replace(size, ' ', '')) END AS sku,
           p.name || ', ' || lower(colour) || CASE size WHEN 'One' THEN '' ELSE ', ' || size END AS name,
           row_number() OVER (ORDER BY demo.dice('rank', hashtext(p.code || colour || size)), p.code, colour, size) AS rank
    FROM products p, unnest(p.colours) AS colour, unnest(p.sizes) AS size;

SELECT oms.put_product(jsonb_build_object(
           'code', p.code, 'name', p.name, 'category', p.category, 'brand', 'Larkspur',
           'skus', (SELECT jsonb_agg(jsonb_build_object(
                               'code', g.sku, 'name', g.name, 'weight_g', g.weight_g, 'price', g.price || ' USD',
                               'cost', round(g.price * 0.46, 2) || ' USD',
                               'backorder_limit', CASE WHEN g.category LIKE 'footwear.%' THEN 40 ELSE 0 END))
                    FROM demo.goods g WHERE g.product = p.code)))
FROM products p;

-- kits reserve and ship their components; what isn't stocked is always there
SELECT oms.put_sku('{"code": "KIT-NIGHT", "name": "Night out for two", "price": "689 USD", "kit": [
           {"sku": "TN2-MOS", "quantity": 1}, {"sku": "SLP-NAV-REGULAR", "quantity": 2}, {"sku": "LNT-BLA", "quantity": 1}]}'),
       oms.put_sku('{"code": "KIT-COOK", "name": "Camp kitchen", "price": "159 USD", "kit": [
           {"sku": "STV-STE", "quantity": 1}, {"sku": "POT-STE-750ML", "quantity": 1}, {"sku": "MUG-PIN", "quantity": 2}]}'),
       oms.put_sku('{"code": "KIT-SOCKS", "name": "Socks, three pairs", "price": "49 USD",
           "kit": [{"sku": "SCK-ASH-M", "quantity": 1}, {"sku": "SCK-MOS-M", "quantity": 1}, {"sku": "SCK-NAV-M", "quantity": 1}]}'),
       oms.put_sku('{"code": "GIFT-WRAP", "name": "Gift wrapping", "price": "5 USD", "stocked": false}'),
       oms.put_price('{"sku": "SCK-ASH-M", "price": "16 USD", "min_quantity": 3}'),
       oms.put_price('{"sku": "MUG-WHI", "price": "12.50 USD", "min_quantity": 4}');

-- how often each is bought: a few sell much, most sell little
CREATE TABLE demo.wishes AS
    SELECT array_agg(sku ORDER BY rank, sku) AS skus, array_agg(weight ORDER BY rank, sku) AS sums
    FROM (SELECT rank, sku, sum(100 / (rank + 12.0) ^ 0.85) OVER (ORDER BY rank, sku)::double precision AS weight
          FROM (SELECT rank, sku FROM demo.goods
                UNION ALL
                VALUES (20, 'KIT-NIGHT'), (4, 'KIT-COOK'), (6, 'KIT-SOCKS'), (25, 'GIFT-WRAP')) AS g) AS w;

-- opening stock: warehouses carry seven SKUs in ten, stores the best sellers
CREATE TABLE demo.opening AS
    SELECT sku, site.code AS location, category,
           CASE kind WHEN 'store' THEN 3 + floor(9 * dice)
                     ELSE 2 + floor(:orders / 9.0 / (rank + 14.0) ^ 0.8 * (0.4 + dice)) END::integer AS quantity
    FROM demo.goods g
    CROSS JOIN (SELECT *, row_number() OVER (ORDER BY code) AS n FROM demo.sites) AS site,
         LATERAL (SELECT demo.dice('stock', g.rank * 1000 + site.n) AS dice,
                         demo.dice('carry', g.rank * 1000 + site.n) AS carry) AS d
    WHERE carry < CASE WHEN kind = 'warehouse' THEN 0.7 WHEN rank <= 100 THEN 0.6 ELSE 0.1 END;

SELECT oms.receive_stock(o.sku, o.location, o.quantity, s.cost, 'opening ' || o.sku || ' ' || o.location)
FROM demo.opening o
JOIN oms.skus s ON s.code = o.sku
ORDER BY o.location, o.sku;
