-- Forget the settings of a place and who changed them. Needs settings_indexes.lua before it.
--
-- KEYS[1] keys.PLACE_SETTINGS   ARGV place
-- Returns nothing.
--
-- Example: ARGV 'telegram:7': what it has set is what every place has at first.

forget_settings(ARGV[1])
