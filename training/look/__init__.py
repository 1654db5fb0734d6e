"""A look: some bytes beside a drawing that say how its picture is to look."""
