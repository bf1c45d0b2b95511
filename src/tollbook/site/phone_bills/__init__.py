"""How phone bills of the site are made unless somebody says otherwise."""
