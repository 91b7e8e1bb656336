/* Giving chunks back: src/pool/trim.c. */

/*@ requires \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> chunk->dead == chunk->used; */
static bool is_empty(const nanvm_chunk *chunk);

/*@ requires \valid_read(region);
    assigns \nothing;
    ensures \result <==> region->empty == region->chunks; */
static bool is_spare_region(const nanvm_region *region);

/* A chunk in a region goes with its region, any other alone. */
/*@ requires \valid_read(chunk);
    requires chunk->region != \null ==> \valid_read(chunk->region);
    assigns \nothing;
    ensures chunk->region == \null ==> (\result <==> chunk->dead == chunk->used);
    ensures chunk->region != \null ==>
              (\result <==> chunk->region->empty == chunk->region->chunks); */
static bool is_spare(const nanvm_chunk *chunk);
