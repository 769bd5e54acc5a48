/* demo/places.sql: where people live, and dice that fall the same way each time */
CREATE SCHEMA demo;

CREATE TABLE demo.places (
    postcode text PRIMARY KEY,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    city text NOT NULL,
    state text NOT NULL,
    people integer NOT NULL
);
\copy demo.places FROM 'demo/places.csv' WITH (FORMAT csv, HEADER)

CREATE TABLE demo.taxes (
    state text PRIMARY KEY,
    rate numeric NOT NULL
);
\copy demo.taxes FROM 'demo/taxes.csv' WITH (FORMAT csv, HEADER)

-- a number in [0, 1) that depends on its arguments alone
CREATE FUNCTION demo.dice(what text, number bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ('x' || left(md5(what || number), 12))::bit(48)::bigint / 2.0 ^ 48;

-- one of several things, by their shares: sums is ascending and ends with the whole
CREATE FUNCTION demo.pick(dice double precision, sums double precision[]) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN width_bucket(dice * sums[cardinality(sums)], sums) + 1;

-- Albers' conic projection of the 48 states onto a canvas that is 1000 wide
CREATE FUNCTION demo.project(lat double precision, lon double precision, OUT x integer, OUT y integer)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT 511 + 1290 * rho * sin(theta),
           1290 * rho * cos(theta) - 1339
    FROM (SELECT (sind(29.5) + sind(45.5)) / 2 AS n) AS cone,
         LATERAL (SELECT sqrt(cosd(29.5) ^ 2 + 2 * n * sind(29.5) - 2 * n * sind(lat)) / n AS rho,
                         n * radians(lon + 96) AS theta) AS polar
$$;

-- the biggest city within 80 km of itself, the next, and so on
CREATE VIEW demo.cities AS
    WITH city AS (
        SELECT city, state, sum(people) AS people,
               (array_agg(postcode ORDER BY people DESC))[1] AS postcode,
               ST_MakePoint(avg(lon), avg(lat))::geography AS point
        FROM demo.places
        GROUP BY city, state
        HAVING sum(people) > 60000
    )
    SELECT row_number() OVER (ORDER BY people DESC) AS rank, city, state, people, postcode
    FROM city
    WHERE NOT EXISTS (SELECT FROM city AS other
                      WHERE other.people > city.people AND ST_DWithin(other.point, city.point, 80000));
