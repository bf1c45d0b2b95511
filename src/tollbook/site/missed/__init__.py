"""What people say of missed calls: who will call, what is done, with a note; and what the site has set for them."""
