// Reverse holo and engraved lines.

// Signed distances of our own small signs, each about 1 across: a drop, a leaf, a spark, a ring, a twin wave, a gem.
float foil_motif(int kind, vec2 d) {
    if (kind == 0) {  // drop
        d.y += 0.08;
        float lean = clamp(d.y / 0.42, 0.0, 1.0);
        return length(vec2(d.x, d.y - 0.42 * lean)) - mix(0.26, 0.015, lean);
    }
    if (kind == 1) {  // leaf: two arcs, with a vein
        d = foil_turned(d, 0.6);
        float leaf = length(vec2(abs(d.x) + 0.26, d.y)) - 0.5;
        return max(leaf, 0.025 - abs(d.x));
    }
    if (kind == 2) {  // spark: an astroid
        d = abs(d);
        float r = sqrt(d.x) + sqrt(d.y) - 0.66;
        return r * sqrt(max(min(d.x, d.y), 0.01)) * 1.6;
    }
    if (kind == 3) return abs(length(d) - 0.27) - 0.085;  // ring
    if (kind == 4) {  // waves
        float y = abs(abs(d.y + 0.09 * sin(9.0 * d.x)) - 0.13) - 0.05;
        return max(y, abs(d.x) - 0.38);
    }
    d = abs(d);  // gem, with a facet line
    return max(dot(d, vec2(0.83, 0.55)) - 0.27, 0.02 - abs(d.x + d.y - 0.2));
}

// Reverse holo: rows of small signs on a ground of slanted grooves. A sign and its ground flash at different tilts, so
// that now the signs are bright and now what is between them.
Micro pattern_scales(Pattern p, vec2 mm, float footprint) {
    vec2 at = foil_turned(mm, -p.angle) / p.size;
    at.y /= 0.8660254;
    float row = floor(at.y);
    at.x += 0.5 * mod(row, 2.0);
    vec2 cell = vec2(floor(at.x), row), d = (at - cell - 0.5) * vec2(1.0, 0.8660254);
    vec3 one = foil_chance(ivec2(cell), foil_salt(p, 84u));
    int kind = int(mod(cell.x + 2.0 * row + floor(0.5 * row), 6.0));
    float show = foil_seen(0.6 * p.size, footprint);
    float scale = 0.75 + 0.25 * p.fill;
    d = foil_turned(d, p.jitter * 1.4 * (one.x - 0.5)) / scale;
    float away = foil_motif(kind, d) * p.size * scale;
    float sign_ = mix(0.35, foil_cover(away, footprint), show) * step(1e-4, p.fill);
    float halo = show * clamp(1.0 - abs(away) / max(0.045 * p.size, footprint), 0.0, 1.0);
    float third = float(kind % 3);
    Micro m = foil_plain(p.angle + 0.6);
    float turned = p.angle - 0.7 + 0.62 * third + p.jitter * (one.y - 0.5);
    m.along = show > 0.0 && sign_ > 0.5 ? foil_unit(turned) : m.along;
    m.grating = mix(p.ground, 1.0, sign_) * (1.0 - 0.7 * halo);
    m.shade = 1.0 + p.contrast * (show * ((sign_ - 0.35) * 0.9 + 0.25 * (one.z - 0.5)) + 0.5 * halo);
    m.film = mix(-0.4, third - 1.0, sign_ * show);
    m.height = sign_;
    return m;
}

// The field that engraved lines follow, and its gradient (per mm). It bends, but its gradient never vanishes: lines
// neither end nor fork.
vec3 foil_stream(Pattern p, vec2 mm) {
    uint salt = foil_salt(p, 90u);
    vec2 at = mm / p.size, across = foil_unit(p.angle);
    vec3 a = foil_noise(at * 0.5, salt), b = foil_noise(at + 11.0, salt + 1u);
    vec3 bent = p.jitter * vec3(1.5 * a.x + 0.22 * b.x, 0.75 * a.yz + 0.22 * b.yz);
    return vec3(dot(at, across) + bent.x, (across + bent.yz) / p.size);
}

// Engraved lines along a smooth field, twelve or so to a cell: ridges of light that wave like a fingerprint.
Micro pattern_flow(Pattern p, vec2 mm, float footprint) {
    const float LINES = 12.0;
    vec3 field = foil_stream(p, mm);
    float steep = max(length(field.yz), 1e-4), phase = LINES * field.x, pitch = 1.0 / (LINES * steep);
    float show = foil_seen(pitch, footprint);
    vec2 across = field.yz / steep;
    float t = phase - floor(phase) - 0.5;
    float mean = clamp(p.fill, 0.05, 1.0), soft = max(0.1, 0.7 * footprint / pitch);
    float ridge = mean > 0.99 ? 1.0 : 1.0 - smoothstep(0.5 * mean - soft, 0.5 * mean + soft, abs(t));
    float bow = 3.14159265 * clamp(t / mean, -0.5, 0.5);
    Micro m = foil_plain(0.0);
    m.along = across;
    m.grating = mix(p.ground, 1.0, mix(mean, ridge, show));
    m.shade = 1.0 + p.contrast * show * (ridge - mean);
    m.film = clamp(0.9 * sin(1.7 * field.x), -1.0, 1.0);
    m.height = mix(0.5, cos(bow), show);
    m.slope = across * (-3.14159265 / (mean * pitch) * sin(bow) * step(abs(t), 0.5 * mean) * show);
    return m;
}
