//! The house rules, read from the sources themselves. Each failure names the file and the rule.

mod tidy {
    mod addresses;
    mod configuration;
    mod dependencies;
    mod deployment;
    mod development;
    mod documents;
    mod imports;
    mod installer;
    mod languages;
    mod lengths;
    mod names;
    mod sources;
    mod unsafe_code;
}
