package postgres

func becomes() bool { return false }
