CREATE TABLE `notes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`text` text NOT NULL,
	`written` integer DEFAULT (unixepoch()) NOT NULL
);
