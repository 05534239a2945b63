-- Everything that is older than the oldest backup. Sizes are in numbers.ts; $… are filled in there.

insert into organizations (slug, name, tier, created_at)
select 'org-' || n, 'Organization ' || n, (array['free', 'team', 'enterprise'])[1 + n % 3], $start::timestamptz + n * interval '1 hour'
  from generate_series(1, $organizations) n;

insert into accounts (organization_id, email, display_name, password_hash, created_at)
select 1 + n % $organizations, 'user' || lpad(n::text, 5, '0') || '@janua.example',
       (array['Ada', 'Bo', 'Cleo', 'Dev', 'Edda', 'Finn', 'Gita'])[1 + n % 7] || ' ' ||
       (array['Abara', 'Berg', 'Costa', 'Dorn', 'Ekberg'])[1 + n % 5],
       hash, $start::timestamptz + n * interval '10 minutes'
  from (select crypt($password, gen_salt('bf', 4)) as hash) one, generate_series(1, $accounts) n;

insert into oauth_clients (organization_id, created_by, client_id, redirect_uris, created_at)
select 1 + n % $organizations, case when n <= $lostClients then $keptAccounts + n else n end, 'client-' || n,
       array['https://app' || n || '.example/callback'], $start::timestamptz + n * interval '2 hours'
  from generate_series(1, $oauthClients) n;

insert into jwk_keys (kid, algorithm, public_jwk, active, expires_at)
select 'key-' || n, 'ES256', jsonb_build_object('kty', 'EC', 'crv', 'P-256', 'x', md5('x' || n), 'y', md5('y' || n)),
       n = $jwkKeys, $start::timestamptz + n * interval '5 years'
  from generate_series(1, $jwkKeys) n;
