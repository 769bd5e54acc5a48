-- Trade item numbers, countries and languages
SET search_path = oms, public;

-- check digits: GS1's own examples, then each other last digit
SELECT gtin, is_gtin(gtin)
FROM unnest('{02345673,12345673,614141999996,4006381333931,4006381333932,12345678901231,10614141543219,9780306406157,1234567890128,1234567890129,
    00000000,0000000000000,"",1234567,123456789,12345678901234567,0234567X," 02345673",02345673a,٠٢٣٤٥٦٧٣}'::text[]) AS gtin;
SELECT count(*) AS digits, count(*) FILTER (WHERE is_gtin('400638133393' || digit)) AS right, max(digit) FILTER (WHERE is_gtin('400638133393' || digit)) AS digit
FROM generate_series(0, 9) AS digit;
-- a transposition of neighbors that differ by other than 5 is found
SELECT is_gtin('4006381333931'), is_gtin('4003681333931'), is_gtin('4006831333931');
SELECT '4006381333931'::gtin, NULL::gtin;
SELECT '4006381333932'::gtin;

-- countries of ISO 3166-1, and XK
SELECT count(*), string_agg(code, ' ') FILTER (WHERE code ~ '^[XZ]')
FROM (SELECT chr(a) || chr(b) AS code FROM generate_series(65, 90) AS a, generate_series(65, 90) AS b ORDER BY 1) AS c
WHERE is_country(code);
SELECT code, is_country(code) FROM unnest('{PT,US,GB,UK,pt,P,PRT,"",EU,AN,SS,"P ",P1,ÄÖ}'::text[]) AS code;
SELECT 'PT'::country, NULL::country, '{US,CA}'::country[];
SELECT 'UK'::country;

-- language tags
SELECT tag, is_language(tag)
FROM unnest('{en,pt-BR,zh-Hant,zh-Hant-TW,es-419,fil,sr-Latn-RS,EN,en-us,en_US,e,engl,en-,-en,en-U,en-USA,zh-hant,zh-Hant-,zh-Hant-tw,en-12,en-1234,"",
    "en ",en-US-x,zh-TW-Hant,en--US}'::text[]) AS tag;
SELECT 'pt-BR'::language;
SELECT 'english'::language;
