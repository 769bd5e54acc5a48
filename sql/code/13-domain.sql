/* sql/code/13-domain.sql: texts of one form */

CREATE OR REPLACE FUNCTION oms.is_gtin(gtin text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_is_gtin';
COMMENT ON FUNCTION oms.is_gtin(text) IS 'Is it a GTIN-8, 12, 13 or 14 (EAN, UPC) with the right check digit?';

CREATE OR REPLACE FUNCTION oms.is_country(code text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_is_country';
COMMENT ON FUNCTION oms.is_country(text) IS 'Is it a country by ISO 3166-1 alpha-2, or XK?';

CREATE OR REPLACE FUNCTION oms.is_language(tag text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_is_language';
COMMENT ON FUNCTION oms.is_language(text) IS 'Has it the form of a language tag (BCP 47): language, script and region, such as pt-BR?';

CREATE DOMAIN oms.gtin AS text
    CONSTRAINT gtin_check CHECK (oms.is_gtin(VALUE));
COMMENT ON DOMAIN oms.gtin IS 'Global trade item number of 8, 12, 13 or 14 digits';

CREATE DOMAIN oms.country AS text
    CONSTRAINT country_check CHECK (oms.is_country(VALUE));
COMMENT ON DOMAIN oms.country IS 'Country by ISO 3166-1 alpha-2, such as PT';

CREATE DOMAIN oms.language AS text
    CONSTRAINT language_check CHECK (oms.is_language(VALUE));
COMMENT ON DOMAIN oms.language IS 'Language tag of BCP 47 with language, script and region, such as pt-BR';
