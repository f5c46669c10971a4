// Sheets, bars, rays and guilloche: patterns that a straight or a round line rules.

const float FOIL_REACH = 20.0;  // mm from the middle where the cells of round patterns are as wide as ``size``

// A plain sheet. It is never quite flat and its film never quite even: slow waves, ``size`` long.
Micro pattern_even(Pattern p, vec2 mm, float footprint) {
    Micro m = foil_plain(p.angle);
    // Turned against each other and against the card, so that no lattice shows.
    vec3 slow = foil_noise(foil_turned(mm, p.angle + 0.66) / p.size, foil_salt(p, 1u)) - vec3(0.5, 0.0, 0.0);
    vec3 fast = foil_noise(foil_turned(mm, p.angle + 1.83) / p.size * 2.3, foil_salt(p, 2u)) - vec3(0.5, 0.0, 0.0);
    slow.yz = foil_turned(slow.yz, -p.angle - 0.66);
    fast.yz = foil_turned(fast.yz, -p.angle - 1.83);
    float show = foil_seen(p.size, footprint), finer = foil_seen(p.size / 2.3, footprint);
    m.film = 1.4 * (show * slow.x + 0.5 * finer * fast.x);
    m.along = foil_unit(p.angle + 0.5 * p.jitter * m.film);
    m.shade = 1.0 + p.contrast * m.film;
    m.height = 0.5 + 0.35 * m.film;
    m.slope = 0.49 / p.size * (show * slow.yz + 0.5 * 2.3 * finer * fast.yz);
    m.grating = mix(p.ground, 1.0, p.fill);
    return m;
}

// One bar of many side by side: ``t`` is where in the bar (-0.5..0.5), ``width`` its width in mm, ``across`` the unit
// vector over it, ``groove`` the angle of that.
Micro foil_bar(Pattern p, ivec2 bar, float t, float width, vec2 across, float groove, float footprint) {
    float show = foil_seen(width, footprint);
    vec3 one = foil_chance(bar, foil_salt(p, 3u)), two = foil_chance(bar, foil_salt(p, 4u));
    float figure = mix(p.fill, step(one.y, p.fill), show);
    Micro m = foil_plain(groove + show * p.jitter * 1.1 * (one.x - 0.5));
    // A roller engraves each bar with a few finer lines.
    float pitch = 0.2, fine = foil_seen(pitch * width, footprint);
    float wave = cos(FOIL_TURN * t / pitch);
    m.shade = 1.0 + show * p.contrast * (1.4 * (two.x - 0.5) + 0.35 * fine * wave);
    m.film = show * (2.0 * two.y - 1.0);
    m.grating = mix(p.ground, 1.0, figure);
    // The bar is a low roof, so that light runs over one side and then over the other.
    m.height = mix(0.5, 1.0 - 2.0 * abs(t), show);
    m.slope = across * (-2.0 * clamp(t * width / max(0.15 * width, footprint), -1.0, 1.0) / width * show);
    return m;
}

// Parallel bars, ``size`` wide; ``jitter`` makes them uneven in width and in the direction of their grooves.
Micro pattern_lines(Pattern p, vec2 mm, float footprint) {
    vec2 across = foil_unit(p.angle);
    float u = dot(mm, across) / p.size;
    int bar = int(floor(u));
    uint salt = foil_salt(p, 5u);
    float play = 0.8 * p.jitter, low = float(bar) + play * (foil_chance(ivec2(bar, 0), salt).x - 0.5);
    float high = float(bar + 1) + play * (foil_chance(ivec2(bar + 1, 0), salt).x - 0.5);
    if (u < low) { bar -= 1; high = low; low = float(bar) + play * (foil_chance(ivec2(bar, 0), salt).x - 0.5); }
    else if (u >= high) { bar += 1; low = high; high = float(bar + 1) + play * (foil_chance(ivec2(bar + 1, 0), salt).x - 0.5); }
    float width = (high - low) * p.size;
    return foil_bar(p, ivec2(bar, 0), (u - low) / (high - low) - 0.5, width, across, p.angle, footprint);
}

// Sectors about the middle, each with grooves of its own direction: round about the middle, give or take ``jitter``.
Micro pattern_rays(Pattern p, vec2 mm, float footprint) {
    float count = clamp(round(FOIL_TURN * FOIL_REACH / p.size), 3.0, 4096.0);
    float radius = max(length(mm), 1e-3), angle = atan(mm.y, mm.x) - p.angle;
    float u = (angle / FOIL_TURN - floor(angle / FOIL_TURN)) * count;
    float sector = floor(u), middle = (sector + 0.5) / count * FOIL_TURN + p.angle;
    float width = radius * FOIL_TURN / count;
    return foil_bar(p, ivec2(int(sector), 1), u - sector - 0.5, width, foil_unit(atan(mm.y, mm.x) + 0.25 * FOIL_TURN), middle, footprint);
}

// Two families of spirals from the middle, as engraved on a lathe. They cut the sheet into lozenges that grow with the
// radius (a conformal map: log z), hatched by turns along one family and along the other.
Micro pattern_crosshatch(Pattern p, vec2 mm, float footprint) {
    float count = 2.0 * clamp(round(0.5 * FOIL_TURN * FOIL_REACH / p.size), 3.0, 2048.0);
    float radius = max(length(mm), 1e-3), angle = atan(mm.y, mm.x) - p.angle;
    float outward = log(radius / FOIL_REACH) * count / FOIL_TURN, round_ = angle * count / FOIL_TURN;
    vec2 at = vec2(outward + round_, outward - round_), cell = floor(at), f = at - cell - 0.5;
    float side = radius * FOIL_TURN / count * 0.70711;
    float show = foil_seen(side, footprint);
    int turn = int(mod(cell.x - cell.y, 2.0 * count)), ring = int(cell.x + cell.y);
    vec3 one = foil_chance(ivec2(ring, turn), foil_salt(p, 6u));
    bool first = (int(cell.x) & 1) == (int(cell.y) & 1);
    vec2 radial = foil_unit(atan(mm.y, mm.x)), about = vec2(-radial.y, radial.x);
    vec2 ea = (radial + about) * 0.70711, eb = (radial - about) * 0.70711;
    float across = first ? f.x : f.y;
    vec2 along = first ? ea : eb;
    Micro m = foil_plain(0.0);
    m.along = foil_turned(along, show * p.jitter * 0.9 * (one.x - 0.5));
    float lines = 5.0, fine = foil_seen(side / lines, footprint);
    float wave = cos(FOIL_TURN * lines * across);
    float edge = 0.5 - max(abs(f.x), abs(f.y));
    float rim = clamp(1.0 - edge * side / max(0.07 * side, footprint), 0.0, 1.0) * show;
    float figure = mix(p.fill, step(one.y, p.fill), show);
    m.grating = mix(p.ground, 1.0, figure) * (1.0 - 0.6 * rim);
    m.shade = 1.0 + p.contrast * (show * 0.9 * (one.z - 0.5) + 0.45 * fine * wave) + 0.35 * p.contrast * rim;
    m.film = show * (2.0 * one.z - 1.0);
    m.height = 0.5 + 0.5 * fine * wave;
    m.slope = along * (-0.5 * fine * FOIL_TURN * lines / side * sin(FOIL_TURN * lines * across));
    return m;
}
