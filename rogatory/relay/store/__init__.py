"""Everything that the relay keeps. SQL stands here and nowhere else; `interface` says what a store does."""
