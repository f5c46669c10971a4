// What the patterns of foils take and give. Lengths are millimetres in the card's plane, x right, y up.

struct Pattern {
    float size;      // of a cell
    float angle;     // radians, counter-clockwise, that turn all of it
    float jitter;    // 0..1, how irregular it is
    float contrast;  // 0..1, how much cells differ in brightness
    float fill;      // 0..1, how much of the sheet the figures take
    float ground;    // 0..1, how strong the foil is between them
    float seed;      // a whole number, 0..1023
};

struct Micro {
    vec2 along;     // unit vector across the grooves
    float grating;  // 0..1, share of the grating's strength
    float metal;    // 0..1, share of the sheet that is here
    float shade;    // factor about 1 on what the foil reflects: cells differ
    float height;   // 0..1 of the relief
    vec2 slope;     // its gradient per millimetre
    float film;     // -1..1 of the film's variation
    float flake;    // 0..1, coverage of a flake
    vec2 tilt;      // the flake's slope, of standard normal distribution
};
