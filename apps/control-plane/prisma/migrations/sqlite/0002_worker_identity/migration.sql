-- AlterTable
ALTER TABLE "Agent" ADD COLUMN "workerSpec" TEXT;
ALTER TABLE "Agent" ADD COLUMN "workerUid" INTEGER;

-- CreateIndex
CREATE UNIQUE INDEX "Agent_workerUid_key" ON "Agent"("workerUid");
