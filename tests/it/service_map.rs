//! The service map: rules, figures and pictures.
