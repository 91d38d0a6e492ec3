//! What both helpdesks' JSON has in common: ids and times in many shapes, texts with NULs.
