//! The two corpora: drafts that must never be flagged, and drafts that must.
