"""The fish as arrays over containers, and the steps of a day over all of them."""
